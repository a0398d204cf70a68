import java.io.*;
import java.net.*;
import java.util.*;
public class Client {
  public static void main(String[] a) throws Exception {
    Socket s = new Socket("vm1", 7999);
    PrintWriter out = new PrintWriter(new OutputStreamWriter(s.getOutputStream()));
    BufferedReader in = new BufferedReader(new InputStreamReader(s.getInputStream()));
    System.out.print("line: ");
    out.println(new Scanner(System.in).nextLine());
    System.out.println(in.readLine());
  }
}
