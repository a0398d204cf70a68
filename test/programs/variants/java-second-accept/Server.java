import java.io.*;
import java.net.*;
public class Server {
  public static void main(String[] a) throws Exception {
    ServerSocket s = new ServerSocket(6000);
    System.out.println("ready");
    while (true) {
      Socket c = s.accept();
      BufferedReader in = new BufferedReader(new InputStreamReader(c.getInputStream()));
      String line = in.readLine();
      System.out.println("got " + line);
      new PrintWriter(c.getOutputStream(), true).println("ok " + line);
      if (line.equals("end")) break;
    }
  }
}
