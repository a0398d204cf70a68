import java.io.*;
import java.net.*;
public class Server {
  static void serve(Socket c) {
    try {
      String line = new BufferedReader(new InputStreamReader(c.getInputStream())).readLine();
      System.out.println("number " + Integer.parseInt(line));
    } catch (IOException e) { System.out.println(e); }
  }
  public static void main(String[] a) throws Exception {
    ServerSocket s = new ServerSocket(6000);
    System.out.println("ready");
    while (true) { Socket c = s.accept(); new Thread(() -> serve(c)).start(); }
  }
}
